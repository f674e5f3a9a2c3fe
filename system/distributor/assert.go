package distributor

import "fmt"

// assert panics when a rule that only a bug in this package can break is broken.
// The arguments are formatted only then.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("distributor: " + fmt.Sprintf(format, args...))
	}
}
