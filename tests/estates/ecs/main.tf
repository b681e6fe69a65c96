resource "aws_ecs_task_definition" "parity_good" {
  family = "parity-good"
  container_definitions = jsonencode([{
    name   = "app"
    image  = "nginx:1.27"
    memory = 128
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = "app", "awslogs-region" = "us-east-1" }
    }
  }])
}

resource "aws_ecs_task_definition" "parity_bad" {
  family = "parity-bad"
  container_definitions = jsonencode([{
    name       = "app"
    image      = "nginx:1.27"
    memory     = 128
    privileged = true
  }])
}
