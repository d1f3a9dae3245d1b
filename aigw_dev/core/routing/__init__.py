"""Which provider and model answer a request: addresses, conditions, flows, the decision, the plan of attempts.

    address     a model name -> a provider's model or a route
    facts       what a condition may ask of a request (metadata: the header it reads)
    conditions  the text after `if:` -> a tree (lexer, names); evaluate answers it and says why
    flow        the tree of a route, checked (leaf: one `send`) and decided (trace: what is kept of it)
    draw        a route as text, the taken path marked (outline, cells); mermaid as a chart
    retry       what to try next after an attempt

Nothing here does I/O, reads a clock or draws dice.
"""
