resource "aws_kms_key" "parity_good" {
  description         = "parity-good"
  enable_key_rotation = true
}

resource "aws_kms_key" "parity_bad" {
  description         = "parity-bad"
  enable_key_rotation = false
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_key" "parity_key" {
  description         = "parity-key"
  enable_key_rotation = true
}
