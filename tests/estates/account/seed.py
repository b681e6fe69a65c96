"""Whom AWS calls when something is wrong."""


def seed(clients):
    clients.attempt(
        "security contact", clients("account").put_alternate_contact, AlternateContactType="SECURITY",
        EmailAddress="security@northwind.example", Name="Security desk", PhoneNumber="+1 555 0100",
        Title=clients.hostile,
    )
