// Package term is a command's side of the terminal: its streams, the clock and the
// environment as the command line hands them down, the marks on an error that decide the
// exit code, and how numbers and lists are put into words.
package term
