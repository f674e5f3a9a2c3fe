package distributor

import "fmt"

// assert panics when a rule that only a bug in this package can break is broken.
func assert(ok bool, format string, args ...any) {
	if !ok {
		fail(format, args...)
	}
}

// fail is what assert does when the rule is broken. Hot paths test the rule
// themselves and call fail: the arguments of assert would be allocated each time.
func fail(format string, args ...any) {
	panic("distributor: " + fmt.Sprintf(format, args...))
}
