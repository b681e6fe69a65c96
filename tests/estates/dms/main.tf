resource "aws_dms_replication_instance" "parity_good" {
  replication_instance_id    = "parity-good"
  replication_instance_class = "dms.t3.micro"
  publicly_accessible        = false
}

resource "aws_dms_replication_instance" "parity_bad" {
  replication_instance_id    = "parity-bad"
  replication_instance_class = "dms.t3.micro"
  publicly_accessible        = true
}
