//go:build unix

package main

import (
	"syscall"
	"time"
)

// processorTime is what the process has used so far, and false if that cannot be known.
func processorTime() (time.Duration, bool) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err == nil
}
