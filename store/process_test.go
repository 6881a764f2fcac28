package store_test

// child is what the test binary does when a test starts it as another process.
func child(role string) int { return 2 }
