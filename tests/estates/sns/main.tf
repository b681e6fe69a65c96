resource "aws_sns_topic" "parity_good" {
  name              = "parity-good"
  kms_master_key_id = aws_kms_key.parity_key.arn
}

resource "aws_sns_topic" "parity_bad" {
  name = "parity-bad"
}

resource "aws_sns_topic_policy" "good" {
  arn = aws_sns_topic.parity_good.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sns:Publish"
      Principal = { Service = "events.amazonaws.com" }
      Resource  = aws_sns_topic.parity_good.arn
    }]
  })
}

resource "aws_sns_topic_policy" "bad" {
  arn = aws_sns_topic.parity_bad.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sns:Publish"
      Principal = "*"
      Resource  = aws_sns_topic.parity_bad.arn
    }]
  })
}

# What these need of other services.

resource "aws_kms_key" "parity_key" {
  description         = "parity-key"
  enable_key_rotation = true
}
