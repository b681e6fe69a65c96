resource "aws_ssm_parameter" "parity_good" {
  name  = "parity-endpoint"
  type  = "String"
  value = "https://example.com"
}

resource "aws_ssm_parameter" "parity_bad" {
  name  = "parity-password"
  type  = "String"
  value = "not-a-real-password"
}

# CloudFormation makes no SecureString: this one is not in the template.
resource "aws_ssm_parameter" "parity_secure" {
  name  = "parity-token"
  type  = "SecureString"
  value = "not-a-real-token"
}
