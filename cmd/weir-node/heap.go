package main

import (
	"os"
	"runtime"
)

// heapFloor is how many bytes are set aside and never touched, so that the collector
// takes the heap for larger than it is. What lives in a node is a few MiB; for that alone
// Go would collect twenty times a second under load, an eighth of the node's time. The
// pages are not resident; garbage may take as much more. Unlike a larger GOGC this does
// not grow with what lives.
const heapFloor = 16 << 20

// floorHeap sets the floor, unless the environment says how to collect. The result must be
// kept alive as long as the node runs.
func floorHeap() []byte {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" || runtime.GOOS == "wasip1" {
		return nil
	}
	return make([]byte, heapFloor)
}
