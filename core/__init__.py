"""What happened, what was asked, and the rules between them: values in, values out."""
