resource "aws_cognito_user_pool" "parity_good" {
  name              = "parity-good"
  mfa_configuration = "ON"
  software_token_mfa_configuration {
    enabled = true
  }
}

resource "aws_cognito_user_pool" "parity_bad" {
  name = "parity-bad"
}
