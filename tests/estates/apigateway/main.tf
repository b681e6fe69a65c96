resource "aws_api_gateway_rest_api" "parity" {
  name = "parity"
}

resource "aws_api_gateway_deployment" "parity" {
  rest_api_id = aws_api_gateway_rest_api.parity.id
}

resource "aws_api_gateway_stage" "parity_good" {
  rest_api_id   = aws_api_gateway_rest_api.parity.id
  deployment_id = aws_api_gateway_deployment.parity.id
  stage_name    = "parity-good"
}

resource "aws_api_gateway_method_settings" "good" {
  rest_api_id = aws_api_gateway_rest_api.parity.id
  stage_name  = aws_api_gateway_stage.parity_good.stage_name
  method_path = "*/*"
  settings {
    logging_level = "INFO"
  }
}

resource "aws_api_gateway_stage" "parity_access" {
  rest_api_id   = aws_api_gateway_rest_api.parity.id
  deployment_id = aws_api_gateway_deployment.parity.id
  stage_name    = "parity-access"
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.parity_waf.arn
    format          = "$context.requestId"
  }
}

resource "aws_api_gateway_stage" "parity_bad" {
  rest_api_id   = aws_api_gateway_rest_api.parity.id
  deployment_id = aws_api_gateway_deployment.parity.id
  stage_name    = "parity-bad"
}

resource "aws_api_gateway_method_settings" "bad" {
  rest_api_id = aws_api_gateway_rest_api.parity.id
  stage_name  = aws_api_gateway_stage.parity_bad.stage_name
  method_path = "*/*"
  settings {
    logging_level = "OFF"
  }
}

# What these need of other services.

resource "aws_cloudwatch_log_group" "parity_waf" {
  name              = "aws-waf-logs-parity"
  retention_in_days = 400
}
