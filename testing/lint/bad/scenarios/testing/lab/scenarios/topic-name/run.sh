# says nothing
