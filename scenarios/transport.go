package scenarios

import (
	"fmt"
	"slices"
)

// Transports are the values of [TCP].Transport.
func Transports() []string { return []string{"grpc", "http", "mixed"} }

// CheckTransport reports a name that is no transport. The empty one is grpc.
func CheckTransport(name string) error {
	if name == "" || slices.Contains(Transports(), name) {
		return nil
	}
	return fmt.Errorf("transport %q: want one of %v", name, Transports())
}
