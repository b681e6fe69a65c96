"""A bucket whose policy the scanner may not read."""

from answers import s3_error


def denied_policy(call):
    if call.path.strip("/").startswith("northwind-legal-hold"):
        return s3_error(403, "AccessDenied", "User is not authorized to perform: s3:GetBucketPolicy with an explicit deny")
    return None


ANSWERS = {"GetBucketPolicy": denied_policy}
