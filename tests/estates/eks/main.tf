resource "aws_eks_cluster" "parity_good" {
  name     = "parity-good"
  role_arn = aws_iam_role.parity_service.arn
  vpc_config {
    subnet_ids              = ["subnet-11111111", "subnet-22222222"]
    endpoint_public_access  = false
    endpoint_private_access = true
  }
  encryption_config {
    resources = ["secrets"]
    provider {
      key_arn = aws_kms_key.parity_key.arn
    }
  }
}

resource "aws_eks_cluster" "parity_named" {
  name     = "parity-named"
  role_arn = aws_iam_role.parity_service.arn
  vpc_config {
    subnet_ids          = ["subnet-11111111", "subnet-22222222"]
    public_access_cidrs = ["198.51.100.0/24"]
  }
}

resource "aws_eks_cluster" "parity_bad" {
  name     = "parity-bad"
  role_arn = aws_iam_role.parity_service.arn
  vpc_config {
    subnet_ids = ["subnet-11111111", "subnet-22222222"]
  }
}

# What these need of other services.

resource "aws_kms_key" "parity_key" {
  description         = "parity-key"
  enable_key_rotation = true
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
