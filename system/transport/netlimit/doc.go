// Package netlimit bounds what strangers can make a node do with sockets: how many
// connections they hold, and where it connects to. A Listener closes connections beyond
// a number in all and from one address; a Dialer connects only to addresses that are on
// a list, resolved once and looked at again just before the connection is made.
//
// It knows no protocol and imports the standard library and package brief only; programs
// that boot real nodes import it.
package netlimit
