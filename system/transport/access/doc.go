// Package access decides who may do what on a listener, for every transport: one table
// of operations and roles, which allows nothing that is not in it; tokens; and how many
// calls there are at once.
//
// It opens no socket and knows no protocol: a transport says which operation a call is
// and who makes it, and puts a Refusal into its own words. It imports
// system/transport, netlimit, reload and tlsconf; the transports and programs with
// listeners import it.
package access
