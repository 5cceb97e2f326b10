"""Windows shared by several instances, in Valkey."""
