package proc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// halted says whether every thread of the process stands still.
func halted(pid int) (bool, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return false, err
	}
	if len(threads) == 0 {
		return false, fmt.Errorf("/proc shows no thread of process %d", pid)
	}
	for _, file := range threads {
		line, err := os.ReadFile(file)
		if err != nil {
			continue // this thread has ended since
		}
		// pid (name) state ...; the name may hold anything
		_, rest, found := bytes.Cut(line[bytes.LastIndexByte(line, ')')+1:], []byte(" "))
		if !found || len(rest) == 0 || !bytes.ContainsAny(rest[:1], "TtZX") {
			return false, nil
		}
	}
	return true, nil
}
