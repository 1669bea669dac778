package term

// Forms of a report.
const (
	FormText     = "text"
	FormJSON     = "json"
	FormMarkdown = "markdown"
)
