"""What is put in front of a process so that its HTTP goes to a recording; ``sitecustomize`` uses nothing of this project."""
