"""A key whose rotation the scanner may not read."""

from answers import LOCK, aws_json_error

DENIED = {}


def denied_rotation(call):
    with LOCK:
        if call.region not in DENIED:
            aliases = call.ask("TrentService.ListAliases").get("Aliases", [])
            DENIED[call.region] = {alias.get("TargetKeyId") for alias in aliases if alias["AliasName"] == "alias/denied-rotation"}
    if str(call.json().get("KeyId", "")).rsplit("/", 1)[-1] in DENIED[call.region]:
        message = "User is not authorized to perform: kms:GetKeyRotationStatus because no key policy allows it"
        return aws_json_error(400, "AccessDeniedException", message)
    return None


ANSWERS = {"GetKeyRotationStatus": denied_rotation}
