resource "aws_config_configuration_recorder" "this" {
  name     = "default"
  role_arn = aws_iam_role.parity_service.arn
  recording_group {
    all_supported  = false
    resource_types = ["AWS::EC2::Instance"]
  }
}

# What these need of other services.

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
