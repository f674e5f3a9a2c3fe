package main

import "testing"

// Who says how to collect is not second-guessed.
func TestHeapFloor(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Setenv(name, "")
	}
	if got := len(floorHeap()); got != heapFloor {
		t.Errorf("a floor of %d bytes, want %d", got, heapFloor)
	}
	t.Setenv("GOMEMLIMIT", "100MiB")
	if got := len(floorHeap()); got != 0 {
		t.Errorf("a floor of %d bytes beside GOMEMLIMIT", got)
	}
	t.Setenv("GOMEMLIMIT", "")
	t.Setenv("GOGC", "50")
	if got := len(floorHeap()); got != 0 {
		t.Errorf("a floor of %d bytes beside GOGC", got)
	}
}
