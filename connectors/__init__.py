"""One file or folder per outside system: configuration only, behind Source and Sink."""
