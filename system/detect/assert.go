package detect

import "fmt"

// assert panics when a rule that only a bug can break is broken.
func assert(ok bool, format string, args ...any) {
	if !ok {
		fail(format, args...)
	}
}

// fail is what assert does when the rule is broken. What runs for every packet
// or probe tests the rule itself and calls fail: the arguments of assert would
// be allocated each time.
func fail(format string, args ...any) {
	panic("detect: " + fmt.Sprintf(format, args...))
}
