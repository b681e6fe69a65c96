resource "aws_dynamodb_table" "parity_good" {
  name         = "parity-good"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.parity_key.arn
  }
  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_dynamodb_table" "parity_bad" {
  name         = "parity-bad"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

# What these need of other services.

resource "aws_kms_key" "parity_key" {
  description         = "parity-key"
  enable_key_rotation = true
}
