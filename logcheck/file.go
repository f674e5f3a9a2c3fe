package logcheck

// File is one log file of the run. The engine fills it; rules read it.
type File struct {
	// Index is the file's place in the order of files, from 0.
	Index int
	// Name is its path below the run's directory, with slashes.
	Name string
	// Node and Inc are the node and the incarnation (from the file's name).
	Node Sym
	Inc  uint32
	// Role is the node's role, from the `log` line (RoleNone before it was read).
	Role Role
	// Faults is true for the fault file.
	Faults bool
	// Closed is true once the merged order has passed the last line of the file.
	Closed bool
	// Ended is true once an `end` line was read.
	Ended bool
	// Crashed is true once the fault file told a crash of this incarnation.
	Crashed bool

	crashT   int64 // when it crashed
	crashG   uint64
	crashRef Ref
	counted  bool // it wrote counters: its end was in order
	stopped  bool // a fault stop ended it
	stopT    int64
	stopRef  Ref

	oneIn   uint64 // the log has the records of one packet in so many; 0: of all
	torn    bool   // the last line has no newline
	lastT   int64  // time of the last record
	lines   int    // lines read, the torn one not counted
	endLine int    // line of `end`
	endOK   bool   // its n and crc were right
	hasLog  bool   // the first line was `log`
	records int    // well-formed records
}
