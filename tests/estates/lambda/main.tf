resource "aws_lambda_function" "parity_good" {
  function_name = "parity-good"
  role          = aws_iam_role.parity_service.arn
  runtime       = "python3.13"
  handler       = "index.handler"
  s3_bucket     = "parity-code"
  s3_key        = "code.zip"
}

resource "aws_lambda_permission" "good" {
  function_name = aws_lambda_function.parity_good.function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.parity_good.arn
}

resource "aws_lambda_function" "parity_bad" {
  function_name = "parity-bad"
  role          = aws_iam_role.parity_service.arn
  runtime       = "python2.7"
  handler       = "index.handler"
  s3_bucket     = "parity-code"
  s3_key        = "code.zip"
}

resource "aws_lambda_permission" "bad" {
  function_name = aws_lambda_function.parity_bad.function_name
  action        = "lambda:InvokeFunction"
  principal     = "*"
}

resource "aws_lambda_function" "parity_address" {
  function_name = "parity-address"
  role          = aws_iam_role.parity_service.arn
  runtime       = "nodejs22.x"
  handler       = "index.handler"
  s3_bucket     = "parity-code"
  s3_key        = "code.zip"
}

resource "aws_lambda_function_url" "address" {
  function_name      = aws_lambda_function.parity_address.function_name
  authorization_type = "NONE"
}

# What these need of other services.

resource "aws_kms_key" "parity_key" {
  description         = "parity-key"
  enable_key_rotation = true
}

resource "aws_sns_topic" "parity_good" {
  name              = "parity-good"
  kms_master_key_id = aws_kms_key.parity_key.arn
}

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
