"""What is written of the measurements: tables beside the published figures, and plots."""
