resource "aws_config_configuration_recorder" "this" {
  name     = "default"
  role_arn = aws_iam_role.parity_delivery.arn
  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "this" {
  name           = "default"
  s3_bucket_name = aws_s3_bucket.parity_logs.id
  depends_on     = [aws_config_configuration_recorder.this]
}

resource "aws_config_configuration_recorder_status" "this" {
  name       = aws_config_configuration_recorder.this.name
  is_enabled = true
  depends_on = [aws_config_delivery_channel.this]
}

# What these need of other services.

resource "aws_s3_bucket" "parity_logs" {
  bucket = "parity-logs"
}

resource "aws_iam_role" "parity_delivery" {
  name = "parity-delivery"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["cloudtrail.amazonaws.com", "config.amazonaws.com"] }
    }]
  })
}
