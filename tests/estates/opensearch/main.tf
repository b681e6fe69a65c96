resource "aws_opensearch_domain" "parity_good" {
  domain_name    = "parity-good"
  engine_version = "OpenSearch_2.11"
  encrypt_at_rest {
    enabled = true
  }
  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-PFS-2023-10"
  }
}

resource "aws_opensearch_domain" "parity_bad" {
  domain_name    = "parity-bad"
  engine_version = "OpenSearch_2.11"
  encrypt_at_rest {
    enabled = false
  }
  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-0-2019-07"
  }
}
