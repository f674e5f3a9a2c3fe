// Package proc starts one node of a real cluster as a process, again and again, and breaks it with signals: kill,
// terminate, halt, slow down.
//
// What it is: a [Process] handle that lives over the incarnations of a node. It knows whether the process runs, keeps
// the last of its output and tells when it is gone.
//
// What it is not: it knows no fault plan (package tcpfault does) and nothing of what the process does.
//
// Who may import it: scenarios and tests. It imports the standard library only, and needs Unix.
package proc
