"""What the tests stand on: real servers, real databases, a real mail sink, people."""
