"""The organisation that the account belongs to."""


def seed(clients):
    clients.attempt("organisation", clients("organizations").create_organization, FeatureSet="ALL")
