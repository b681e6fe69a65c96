"""A detector in each region, one of them off."""

from clients import AWAY, HOME


def seed(clients):
    for region in [HOME, AWAY]:
        clients.attempt("detector", clients("guardduty", region).create_detector, Enable=region == HOME)


def apply(clients):
    clients("guardduty").create_detector(Enable=True)
