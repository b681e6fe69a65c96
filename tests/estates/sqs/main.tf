resource "aws_sqs_queue" "parity_good" {
  name              = "parity-good"
  kms_master_key_id = aws_kms_key.parity_key.arn
}

resource "aws_sqs_queue" "parity_default" {
  name = "parity-default"
}

resource "aws_sqs_queue" "parity_bad" {
  name                    = "parity-bad"
  sqs_managed_sse_enabled = false
}

resource "aws_sqs_queue_policy" "good" {
  queue_url = aws_sqs_queue.parity_good.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Principal = "*"
      Resource  = aws_sqs_queue.parity_good.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_sns_topic.parity_good.arn } }
    }]
  })
}

resource "aws_sqs_queue_policy" "bad" {
  queue_url = aws_sqs_queue.parity_bad.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Principal = { AWS = "*" }
      Resource  = aws_sqs_queue.parity_bad.arn
    }]
  })
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
