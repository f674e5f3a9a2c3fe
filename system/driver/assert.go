package driver

import "fmt"

// assert panics if a condition that holds unless the driver has a bug does not.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("driver: " + fmt.Sprintf(format, args...))
	}
}
