resource "aws_ecr_repository" "parity_good" {
  name                 = "parity-good"
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_repository_policy" "good" {
  repository = aws_ecr_repository.parity_good.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "ecr:BatchGetImage"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
    }]
  })
}

resource "aws_ecr_repository" "parity_bad" {
  name = "parity-bad"
}

resource "aws_ecr_repository_policy" "bad" {
  repository = aws_ecr_repository.parity_bad.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "ecr:BatchGetImage"
      Principal = "*"
    }]
  })
}
