package proof_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// choices turns bytes into decisions, one byte each. Zero, and what comes after
// the last byte, decides for what is usual. So pods can be made from a seed as
// well as from a fuzzer's input, and a pod is shrunk by taking bytes away.
type choices struct {
	data []byte
	odds odds
	// left counts the odd choices before the single one, where there is but one.
	left int
}

// odds say how often a choice is odd.
type odds int

const (
	usual  odds = iota
	high        // three times as often
	single      // just once in a pod
)

// choicesOf reads the odds from the first bytes.
func choicesOf(data []byte) *choices {
	c := &choices{data: data}
	switch c.below(8) {
	case 5:
		c.odds = high
	case 6, 7:
		c.odds, c.left = single, c.below(256)
	}
	return c
}

// seeded gives the bytes of the i-th pod of a seed.
func seeded(seed, i uint64) []byte {
	random := rand.New(rand.NewPCG(seed, i))
	out := make([]byte, 640)
	for j := 0; j < len(out); j += 8 {
		bits := random.Uint64()
		for k := range 8 {
			out[j+k] = byte(bits >> (8 * k))
		}
	}
	return out
}

// below gives a number from 0 to n-1; n is 256 at most.
func (c *choices) below(n int) int {
	if len(c.data) == 0 {
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return int(b) % n
}

// odd is true about once in n times, n being 3 to 256.
func (c *choices) odd(n int) bool {
	switch c.odds {
	case single:
		c.left--
		return c.left == -1
	case high:
		n = max(3, n/3)
	}
	return c.below(n) == n-1
}

// pick gives one of the values; the first is the usual one.
func pick[T any](c *choices, from ...T) T { return from[c.below(len(from))] }

// perhaps gives a pointer to one of the values, or none.
func perhaps[T any](c *choices, from ...T) *T {
	if i := c.below(len(from) + 1); i < len(from) {
		return &from[i]
	}
	return nil
}

// shrink makes the bytes of a pod fewer and smaller while it still does, until no
// single byte can be left out or be zero.
func shrink(data []byte, still func([]byte) bool) []byte {
	for size := max(1, len(data)/2); size > 0; size /= 2 {
		for at := 0; at < len(data); at += size {
			if less, ok := without(data, at, min(at+size, len(data)), still); ok {
				data = less
				if size == 1 {
					at = -1 // from the start, since what comes first decides what the rest means
				}
			}
		}
	}
	return data
}

// without leaves bytes out, or makes them zero.
func without(data []byte, from, to int, still func([]byte) bool) ([]byte, bool) {
	for _, less := range [][]byte{
		slices.Concat(data[:from], data[to:]),
		slices.Concat(data[:from], make([]byte, to-from), data[to:]),
	} {
		if !bytes.Equal(less, data) && still(less) {
			return less, true
		}
	}
	return nil, false
}

// TestRandomPodsShrink holds that bytes always decide for the same pod, that none
// decide for one that restricted admits, and that shrinking goes as far as it can.
func TestRandomPodsShrink(t *testing.T) {
	oracle := newOracle(t)
	if refused := oracle.Refused("restricted", arrived(t, randomPod(nil)).pod); len(refused) > 0 {
		t.Errorf("the pod of no bytes is refused by %v", refused)
	}
	hostPID := func(data []byte) bool { return randomPod(data).Spec.HostPID }
	shrunk := 0
	for i := range uint64(500) {
		data := seeded(8, i)
		if !reflect.DeepEqual(randomPod(data), randomPod(data)) {
			t.Fatalf("%x is not always the same pod", data)
		}
		if !hostPID(data) {
			continue
		}
		shrunk++
		data = shrink(data, hostPID)
		if !hostPID(data) {
			t.Errorf("%x has no hostPID any more", data)
		}
		for at := range data {
			if less, ok := without(data, at, at+1, hostPID); ok {
				t.Errorf("%x can be %x", data, less)
			}
		}
	}
	if shrunk < 5 {
		t.Errorf("only %d pods to shrink", shrunk)
	}
}
