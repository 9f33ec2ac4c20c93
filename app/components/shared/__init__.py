"""What several components send and draw alike."""
