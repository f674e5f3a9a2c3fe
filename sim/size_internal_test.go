package sim

import (
	"testing"
	"unsafe"
)

// The speed with many nodes rests on these two fitting into a cache line.
func TestHotStructuresFitACacheLine(t *testing.T) {
	if n := unsafe.Sizeof(slot{}); n != 64 {
		t.Errorf("a slot has %d bytes, want 64", n)
	}
	if n := unsafe.Sizeof(actor{}); n != 64 {
		t.Errorf("an actor has %d bytes, want 64", n)
	}
}
