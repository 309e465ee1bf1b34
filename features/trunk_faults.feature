@N-04 @M-03
Feature: Trouble on the trunk

  Background:
    Given the call centre is open
    And agent 1001 is on duty and ready

  Scenario: The trunk is cut in the middle of a call
    Given a caller is talking with agent 1001
    When the trunk is cut
    Then the operator sees the alarm "loss of signal" within 2 seconds
    And agent 1001 hears the call end

  Scenario: The trunk comes back and calls are taken again
    Given a caller is talking with agent 1001
    When the trunk is cut
    And 5 seconds pass
    And agent 1001 hangs up
    And the trunk is mended
    Then the signalling link is in service again within 60 seconds
    When a caller dials the menu number
    Then the call is answered within 2 seconds

  @N-01
  Scenario: A blocked circuit takes no outgoing call
    When the network blocks every circuit but circuit 5
    And agent 1001 lifts the handset and dials "02155556666" outside
    Then a call to "02155556666" arrives in the public network on circuit 5
