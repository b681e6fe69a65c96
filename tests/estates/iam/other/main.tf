resource "aws_iam_role" "parity_service" {
  name = "parity-service"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["eks.amazonaws.com", "lambda.amazonaws.com", "config.amazonaws.com"] }
    }]
  })
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length      = 16
  require_lowercase_characters = true
  require_uppercase_characters = true
  require_numbers              = true
  require_symbols              = false
  password_reuse_prevention    = 5
  max_password_age             = 60
}
