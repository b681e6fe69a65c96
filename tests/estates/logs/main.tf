resource "aws_cloudwatch_log_group" "parity_good" {
  name              = "parity-good"
  retention_in_days = 400
  kms_key_id        = aws_kms_key.parity_good.arn
}

resource "aws_cloudwatch_log_group" "parity_bad" {
  name              = "parity-bad"
  retention_in_days = 7
}

resource "aws_cloudwatch_log_group" "parity_waf" {
  name              = "aws-waf-logs-parity"
  retention_in_days = 400
}

# What these need of other services.

resource "aws_kms_key" "parity_good" {
  description         = "parity-good"
  enable_key_rotation = true
}
