//go:build unix && !linux

package proc

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
)

// halted says whether the process stands still.
func halted(pid int) (bool, error) {
	state, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return false, fmt.Errorf("ps of process %d: %w", pid, err)
	}
	return bytes.HasPrefix(bytes.TrimSpace(state), []byte("T")), nil
}
