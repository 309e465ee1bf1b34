@N-01 @setup-tup
Feature: Calling the centre over the telephone user part
  The trunks of the centre may be those of an older exchange; callers and agents notice no difference.

  Background:
    Given the call centre is open
    And agent 1001 is on duty and ready

  Scenario: A caller talks with an agent
    When a caller dials the menu number
    And the caller presses the key for an agent
    Then the telephone of agent 1001 rings within 5 seconds
    When agent 1001 answers
    Then the caller and agent 1001 hear each other

  Scenario: The caller hangs up first
    Given a caller is talking with agent 1001
    When the caller hangs up
    Then the circuit is free again within 2 seconds
    And agent 1001 hears the call end

  Scenario: The agent hangs up first
    Given a caller is talking with agent 1001
    When agent 1001 hangs up
    Then the caller is cleared with cause "normal call clearing" within 2 seconds
    And the circuit is free again within 2 seconds

  Scenario: A number nobody has
    When a caller dials a number that is not allocated
    Then the caller is cleared with cause "unallocated number" within 2 seconds
    And the circuit is free again within 2 seconds

  @S-03
  Scenario: The caller's number is on record
    Given a caller with number "13800138000" is talking with agent 1001
    When 10 seconds pass
    And agent 1001 hangs up
    Then the call record shows caller "13800138000", agent 1001 and a talking time of about 10 seconds

  Scenario: A blocked circuit takes no outgoing call
    When the network blocks every circuit but circuit 5
    And agent 1001 lifts the handset and dials "02155556666" outside
    Then a call to "02155556666" arrives in the public network on circuit 5
