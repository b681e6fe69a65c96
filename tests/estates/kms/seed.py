"""Keys of every kind, one of them under the name `main`."""

from clients import AWAY, HOME, policy


def seed(clients):
    kms = clients("kms")

    def key(alias, region=HOME, rotate=False, document=None, **more):
        kms = clients("kms", region)
        made = clients.attempt(
            f"key {alias}", kms.create_key, Description=f"{alias} {clients.hostile}",
            Tags=[{"TagKey": "name", "TagValue": alias}], **({"Policy": document} if document else {}), **more,
        )
        if not made:
            return None
        name = made["KeyMetadata"]["KeyId"]
        clients.attempt(f"alias {alias}", kms.create_alias, AliasName=f"alias/{alias}", TargetKeyId=name)
        if rotate:
            clients.attempt(f"rotation of {alias}", kms.enable_key_rotation, KeyId=name)
        return name

    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{clients.account}:root"}, "Action": "kms:*", "Resource": "*"}
    main_key = key("main", rotate=True)
    key("archive")
    key("denied-rotation")
    key("open", document=policy(own, {"Sid": clients.hostile, "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}))
    key(
        "via-service",
        rotate=True,
        document=policy(
            own,
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": "kms:Decrypt",
                "Resource": "*",
                "Condition": {"StringEquals": {"kms:CallerAccount": clients.account}},
            },
        ),
    )
    key("imported", Origin="EXTERNAL")
    key("signing", KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")
    key("hmac", KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256")
    dying = key("dying")
    if dying:
        clients.attempt("deletion of dying", kms.schedule_key_deletion, KeyId=dying, PendingWindowInDays=7)
    off = key("switched-off")
    if off:
        clients.attempt("switching off", kms.disable_key, KeyId=off)
    key("away", region=AWAY, rotate=True)
    return {"main": main_key}


def apply(clients):
    kms = clients("kms")
    for name, document in [
        ("parity-good", None),
        ("parity-bad", policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"})),
        ("parity-key", None),
    ]:
        made = kms.create_key(Description=name, **({"Policy": document} if document else {}))
        if not document:
            kms.enable_key_rotation(KeyId=made["KeyMetadata"]["KeyId"])
