resource "aws_efs_file_system" "parity_good" {
  creation_token = "parity-good"
  encrypted      = true
}

resource "aws_efs_backup_policy" "good" {
  file_system_id = aws_efs_file_system.parity_good.id
  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_file_system" "parity_bad" {
  creation_token = "parity-bad"
  encrypted      = false
}
