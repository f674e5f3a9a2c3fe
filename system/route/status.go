package route

import "fmt"

// Status says whether an analyser may be given packets, as one chooser sees it.
type Status uint8

// The statuses of an analyser. Only Up, with a positive weight, is eligible.
const (
	Up    Status = iota // alive as far as is known, and has room
	Down                // the failure detector's verdict
	Full                // its window of packets in flight is full
	Drain               // the operator wants it emptied
	statuses
)

var statusNames = [statuses]string{"up", "down", "full", "drain"}

// String returns the status's name in the log.
func (s Status) String() string {
	if s >= statuses {
		return "invalid"
	}
	return statusNames[s]
}

// ParseStatus returns the status of that name, or an error that names it.
func ParseStatus(name string) (Status, error) {
	for s, n := range statusNames {
		if n == name {
			return Status(s), nil
		}
	}
	return 0, fmt.Errorf("route: status %q is none of up, down, full, drain", name)
}
